// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

// How fast the owner got the GPU back.
Card {
    id: card

    required property Device device

    title: qsTr("Giving back")

    Column {
        anchors { left: parent.left; right: parent.right; top: parent.top }
        visible: card.device.givenBack.known
        Accessible.role: Accessible.StaticText
        Accessible.name: card.device.givenBack.sentence

        Text {
            text: card.device.givenBack.last
            color: Theme.text
            font { pixelSize: Theme.figureSize; weight: Font.DemiBold }
            Accessible.ignored: true
        }
        Caption {
            width: parent.width
            text: qsTr("from your touch to a free GPU")
        }
        Caption {
            width: parent.width
            text: qsTr("%1, %2", "today 14:02, 41 times so far").arg(card.device.givenBack.when).arg(card.device.givenBack.times)
        }
    }
    Column {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        spacing: Theme.smallGap / 2

        Caption {
            width: parent.width
            visible: card.device.givenBack.known
            text: qsTr("Half within %1").arg(card.device.givenBack.half)
        }
        Caption {
            width: parent.width
            visible: card.device.givenBack.known
            text: qsTr("99 of 100 within %1").arg(card.device.givenBack.nearlyAll)
        }
        Caption {
            objectName: "stops"
            width: parent.width
            visible: text !== ""
            text: card.device.givenBack.stops
        }
    }
    Body {
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter }
        visible: !card.device.givenBack.known && card.device.live
        horizontalAlignment: Text.AlignHCenter
        color: Theme.muted
        text: qsTr("You have not needed the GPU back yet")
    }
}
