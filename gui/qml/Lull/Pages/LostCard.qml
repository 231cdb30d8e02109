// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

// In place of the status: the service cannot be heard, and what to do.
Rectangle {
    id: card

    required property Device device

    radius: Theme.radius
    color: Theme.card
    border { width: Theme.hairline; color: Theme.warm }
    Accessible.role: Accessible.AlertMessage
    Accessible.name: card.device.lostTitle + ". " + card.device.lostText

    Column {
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter; margins: Theme.padding * 1.5 }
        spacing: Theme.smallGap

        Text {
            objectName: "lostTitle"
            width: parent.width
            text: card.device.lostTitle
            color: Theme.text
            font { pixelSize: Theme.figureSize; weight: Font.DemiBold }
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }
        Body {
            width: parent.width
            text: card.device.lostText
            visible: text !== ""
            Accessible.ignored: true
        }
        Caption {
            width: parent.width
            text: card.device.connection.trouble
            visible: text !== ""
        }
    }
}
