// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

Card {
    id: card

    required property Device device
    readonly property list<color> colors: [Theme.accent, Theme.warm, Theme.hot]

    title: qsTr("Temperature")

    ArcGauge {
        anchors { left: parent.left; right: parent.right; top: parent.top; bottom: limits.top; bottomMargin: Theme.smallGap / 2 }
        visible: card.device.heat.known
        position: card.device.heat.position
        stopMark: card.device.heat.stopPosition
        resumeMark: card.device.heat.resumePosition
        color: card.colors[card.device.heat.level]
        value: card.device.heat.value
        label: card.device.heat.name
        Accessible.role: Accessible.StaticText
        Accessible.name: label + " " + value
    }
    Caption {
        id: limits
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        horizontalAlignment: Text.AlignHCenter
        visible: card.device.heat.known
        text: card.device.heat.limits
    }
    Body {
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter }
        horizontalAlignment: Text.AlignHCenter
        visible: !card.device.heat.known && card.device.live
        color: Theme.muted
        text: qsTr("This computer tells no temperature")
    }
}
