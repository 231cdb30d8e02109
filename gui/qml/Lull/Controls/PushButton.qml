// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

Pressable {
    id: button

    property bool primary: false
    property bool sky: false   // stands on the headline's coloured ground
    readonly property color ground: sky ? Theme.skyText : primary ? Theme.accent : Theme.accentSoft
    readonly property real groundOpacity: sky ? (hovered ? 0.28 : 0.18) : hovered ? 0.85 : 1

    leftPadding: Theme.controlPadding
    rightPadding: Theme.controlPadding
    implicitHeight: Theme.controlHeight
    opacity: enabled ? 1 : Theme.dimmed
    ringColor: sky ? Theme.skyText : Theme.ring
    ringRadius: Theme.smallRadius

    background: Rectangle {
        radius: Theme.smallRadius
        color: Qt.rgba(button.ground.r, button.ground.g, button.ground.b,
                       button.down ? button.groundOpacity * 0.75 : button.groundOpacity)
    }
    contentItem: Text {
        text: button.text
        color: button.sky ? Theme.skyText : button.primary ? (Theme.dark ? Theme.background : Theme.skyText) : Theme.accent
        font { pixelSize: Theme.bodySize; weight: Font.DemiBold }
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
        elide: Text.ElideRight
        textFormat: Text.PlainText
    }
}
