// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Theme

// One reason.
Rectangle {
    id: row

    required property string title
    required property string measured
    required property string setting
    required property string remedy
    required property string until

    implicitHeight: words.height + 2 * Theme.smallGap * 1.5
    radius: Theme.smallRadius
    color: Theme.background
    Accessible.role: Accessible.ListItem
    Accessible.name: [title, measured, remedy].join(" ")

    Column {
        id: words
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter; margins: Theme.gap }
        spacing: Theme.smallGap / 2

        Body {
            width: parent.width
            text: row.title
            font.weight: Font.DemiBold
        }
        Caption {
            width: parent.width
            visible: text !== ""
            text: [row.measured, row.until].filter(part => part !== "").join(" ")
        }
        Body {
            width: parent.width
            visible: text !== ""
            text: row.remedy
        }
        Caption {
            width: parent.width
            visible: row.setting !== ""
            text: qsTr("Setting: %1").arg(row.setting)
        }
    }
}
