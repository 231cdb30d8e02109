// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

// What was given today, and when.
Card {
    id: card

    required property Device device

    title: qsTr("Given today")

    Row {
        id: figures
        readonly property real each: width / 4
        width: parent.width

        Figure {
            width: figures.each
            value: card.device.contributed.gpuTime
            label: qsTr("GPU time")
        }
        Figure {
            width: figures.each
            value: card.device.contributed.tasks
            label: qsTr("Tasks done")
        }
        Figure {
            width: figures.each
            value: card.device.contributed.credits
            label: qsTr("Credits")
        }
        Figure {
            width: figures.each
            value: card.device.contributed.energy
            label: card.device.contributed.energyLabel
        }
    }
    Bars {
        anchors {
            left: parent.left; right: parent.right; top: figures.bottom; bottom: ago.top
            topMargin: Theme.gap; bottomMargin: Theme.smallGap / 2
        }
        heights: card.device.history.heights
        count: card.device.history.bars
        Accessible.role: Accessible.Graphic
        Accessible.name: card.device.history.summary
    }
    Caption {
        id: ago
        anchors { left: parent.left; bottom: parent.bottom }
        text: qsTr("24 hours ago")
    }
    Caption {
        anchors { horizontalCenter: parent.horizontalCenter; bottom: parent.bottom }
        text: qsTr("GPU time per half hour")
    }
    Caption {
        anchors { right: parent.right; bottom: parent.bottom }
        text: qsTr("now")
    }
}
