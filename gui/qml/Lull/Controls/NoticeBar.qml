// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

// Says what went wrong, until it is put away.
Rectangle {
    id: notice

    required property string text
    signal dismissed()

    visible: text !== ""
    implicitHeight: Math.max(words.implicitHeight, close.height) + 2 * Theme.smallGap
    radius: Theme.smallRadius
    color: Theme.card
    border { width: Theme.hairline; color: Theme.warm }
    Accessible.role: Accessible.AlertMessage
    Accessible.name: text

    Body {
        id: words
        anchors {
            left: parent.left; right: close.left; verticalCenter: parent.verticalCenter
            leftMargin: Theme.gap; rightMargin: Theme.gap
        }
        text: notice.text
        Accessible.ignored: true
    }
    PushButton {
        id: close
        objectName: "dismissNotice"
        anchors { right: parent.right; verticalCenter: parent.verticalCenter; rightMargin: Theme.smallGap }
        text: qsTr("Close")
        onClicked: notice.dismissed()
        Keys.onEscapePressed: notice.dismissed()
        Keys.onBackPressed: notice.dismissed()
    }
}
