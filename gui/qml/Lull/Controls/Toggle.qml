// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

// A switch that shows `on` and only asks for a change: whoever owns the state decides.
Pressable {
    id: toggle

    property bool on: false
    signal wished(bool on)

    implicitWidth: Theme.toggleWidth
    implicitHeight: Theme.toggleHeight
    ringColor: Theme.skyText
    ringRadius: height / 2
    Accessible.role: Accessible.CheckBox
    Accessible.checkable: true
    Accessible.checked: on
    Accessible.onToggleAction: clicked()

    onClicked: toggle.wished(!toggle.on)

    background: Rectangle {
        radius: height / 2
        color: Qt.rgba(1, 1, 1, toggle.on ? 1 : toggle.hovered ? 0.3 : 0.22)
    }
    contentItem: Item {
        Rectangle {
            readonly property real travel: toggle.width - width - 2 * Theme.knobGap
            y: Theme.knobGap
            x: Theme.knobGap + (toggle.on !== toggle.mirrored ? travel : 0)
            width: height
            height: toggle.height - 2 * Theme.knobGap
            radius: height / 2
            color: toggle.on ? Theme.skyHigh : Theme.skyText
            // Glides under the hand only: a change from elsewhere is simply shown.
            Behavior on x {
                enabled: toggle.hovered || toggle.visualFocus
                NumberAnimation { duration: Theme.quick; easing.type: Easing.OutCubic }
            }
        }
    }
}
