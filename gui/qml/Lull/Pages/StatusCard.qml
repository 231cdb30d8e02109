// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

// What Lull does now and why, with the big switch.
Rectangle {
    id: card

    required property Device device
    readonly property bool lively: device.activity === Device.Working || device.activity === Device.Ready
    readonly property bool off: device.activity === Device.Off
    readonly property color high: lively ? Theme.skyHigh : off ? Theme.nightHigh : Theme.duskHigh
    readonly property color low: lively ? Theme.skyLow : off ? Theme.nightLow : Theme.duskLow
    signal whyWanted()
    signal pauseWanted()

    radius: Theme.radius
    gradient: Gradient {
        GradientStop { position: 0; color: card.high }
        GradientStop { position: 1; color: card.low }
    }

    Moonrise {
        id: sky
        anchors.fill: parent
        corner: card.radius
        moonX: 0.76
        moonVisible: card.width >= Theme.wideFrom
        moonAt: card.lively ? 1 : card.off ? 0 : 0.4
    }
    Item {
        anchors { left: parent.left; right: switchColumn.left; top: parent.top; bottom: parent.bottom; margins: Theme.padding }

        Text {
            id: state
            objectName: "state"
            width: parent.width
            text: card.device.headline.state
            color: Theme.skyText
            font { pixelSize: Theme.displaySize; weight: Font.DemiBold }
            elide: Text.ElideRight
            Accessible.name: card.device.headline.sentence
        }
        Text {
            objectName: "because"
            anchors { top: state.bottom; bottom: buttons.top; bottomMargin: Theme.smallGap }
            width: sky.moonVisible ? card.width * sky.moonX - sky.moonSize / 2 - 2 * Theme.padding : parent.width
            text: card.device.headline.because
            color: Theme.skyMuted
            font.pixelSize: Theme.titleSize
            fontSizeMode: Text.VerticalFit
            minimumPixelSize: Theme.bodySize
            wrapMode: Text.Wrap
            elide: Text.ElideRight
            textFormat: Text.PlainText
            Accessible.ignored: true
        }
        Row {
            id: buttons
            anchors { left: parent.left; bottom: parent.bottom }
            spacing: Theme.smallGap

            PushButton {
                objectName: "pauseButton"
                visible: card.device.sharing || card.device.paused
                sky: true
                text: card.device.paused ? qsTr("Resume") : qsTr("Pause…")
                onClicked: card.device.paused ? card.device.resume() : card.pauseWanted()
            }
            PushButton {
                objectName: "whyButton"
                sky: true
                text: qsTr("Why?")
                onClicked: card.whyWanted()
            }
        }
    }
    Column {
        id: switchColumn
        anchors { right: parent.right; verticalCenter: parent.verticalCenter; rightMargin: Theme.padding * 1.5 }
        spacing: Theme.smallGap

        Toggle {
            objectName: "sharingSwitch"
            anchors.horizontalCenter: parent.horizontalCenter
            text: qsTr("Lend the GPU while nobody needs this computer")
            on: card.device.sharing
            onWished: on => card.device.setSharing(on)
        }
        Text {
            anchors.horizontalCenter: parent.horizontalCenter
            text: card.device.sharing ? qsTr("Sharing") : qsTr("Not sharing")
            color: Theme.skyText
            font { pixelSize: Theme.bodySize; weight: Font.DemiBold }
            Accessible.ignored: true
        }
    }
}
