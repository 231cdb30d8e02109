// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

// A rounded surface with an optional title; what is put inside lies in the padded area below it.
Rectangle {
    id: card

    property string title
    default property alias content: area.data

    radius: Theme.radius
    color: Theme.card
    border.color: Theme.cardEdge
    border.width: Theme.hairline
    Accessible.role: Accessible.Grouping
    Accessible.name: card.title

    Text {
        id: heading
        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Theme.padding; topMargin: Theme.padding - 4 }
        visible: text !== ""
        text: card.title
        color: Theme.muted
        font { pixelSize: Theme.captionSize; weight: Font.DemiBold }
        elide: Text.ElideRight
        Accessible.ignored: true
    }
    Item {
        id: area
        anchors {
            fill: parent
            margins: Theme.padding
            topMargin: heading.visible ? Theme.padding + heading.height + Theme.smallGap : Theme.padding
        }
    }
}
