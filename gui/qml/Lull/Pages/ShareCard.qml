// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

Card {
    id: card

    required property Device device

    title: card.device.share.processor ? qsTr("Processor lent") : qsTr("GPU lent")

    ArcGauge {
        anchors { left: parent.left; right: parent.right; top: parent.top; bottom: name.top; bottomMargin: Theme.smallGap / 2 }
        visible: card.device.share.known
        position: card.device.share.position
        value: card.device.share.value
        resumeMark: card.device.share.mostPosition
        label: card.device.share.most === "" ? qsTr("of its time") : qsTr("of %1").arg(card.device.share.most)
        Accessible.role: Accessible.StaticText
        Accessible.name: [card.title, value, label].join(" ")
    }
    Caption {
        id: name
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        horizontalAlignment: Text.AlignHCenter
        visible: card.device.share.known
        wrapMode: Text.NoWrap
        elide: Text.ElideRight
        text: card.device.share.gpu
    }
    Body {
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter }
        horizontalAlignment: Text.AlignHCenter
        visible: !card.device.share.known && card.device.live
        color: Theme.muted
        text: qsTr("No GPU that can be lent")
    }
}
