// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Theme

// One program under the governor.
Item {
    id: row

    required property int index
    required property string name
    required property string condition
    required property string detail
    required property int duty
    required property bool parked
    readonly property int step: 10
    signal parkWanted()
    signal resumeWanted()
    signal dutyWanted(percent: int)

    implicitHeight: Math.max(words.height, Theme.controlHeight)
    Accessible.role: Accessible.ListItem
    Accessible.name: [name, condition, detail].join(", ")

    Column {
        id: words
        anchors { left: parent.left; right: less.left; rightMargin: Theme.gap; verticalCenter: parent.verticalCenter }
        Body {
            width: parent.width
            text: qsTr("%1 – %2", "program, what it does").arg(row.name).arg(row.condition)
            font.weight: Font.DemiBold
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
        }
        Caption {
            width: parent.width
            text: row.detail
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
        }
    }
    PushButton {
        id: less
        objectName: "less" + row.index
        anchors { right: share.left; verticalCenter: parent.verticalCenter }
        width: Theme.stepWidth
        text: "−"
        enabled: row.duty > row.step
        Accessible.name: qsTr("Less GPU time for %1").arg(row.name)
        onClicked: row.dutyWanted(row.duty - row.step)
    }
    Caption {
        id: share
        anchors { right: more.left; verticalCenter: parent.verticalCenter }
        width: Theme.dutyWidth
        horizontalAlignment: Text.AlignHCenter
        text: qsTr("at most %1 %").arg(row.duty)
    }
    PushButton {
        id: more
        objectName: "more" + row.index
        anchors { right: gate.left; rightMargin: Theme.gap; verticalCenter: parent.verticalCenter }
        width: Theme.stepWidth
        text: "+"
        enabled: row.duty < 100
        Accessible.name: qsTr("More GPU time for %1").arg(row.name)
        onClicked: row.dutyWanted(Math.min(100, row.duty + row.step))
    }
    PushButton {
        id: gate
        objectName: "gate" + row.index
        anchors { right: parent.right; verticalCenter: parent.verticalCenter }
        width: Theme.gateWidth
        primary: row.parked
        text: row.parked ? qsTr("Resume") : qsTr("Park")
        Accessible.name: row.parked ? qsTr("Resume %1").arg(row.name) : qsTr("Park %1").arg(row.name)
        onClicked: row.parked ? row.resumeWanted() : row.parkWanted()
    }
}
