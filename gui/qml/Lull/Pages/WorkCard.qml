// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

// The running task.
Card {
    id: card

    required property Device device
    readonly property bool busy: device.work.id !== ""
    signal cancelWanted()

    title: qsTr("Task")

    Text {
        objectName: "taskName"
        width: parent.width
        visible: card.busy
        text: card.device.work.name
        color: Theme.text
        font { pixelSize: Theme.titleSize; weight: Font.DemiBold }
        maximumLineCount: 2
        wrapMode: Text.Wrap
        elide: Text.ElideRight
        textFormat: Text.PlainText
    }
    Column {
        anchors { left: parent.left; right: parent.right; bottom: footer.top; bottomMargin: Theme.gap }
        visible: card.busy
        spacing: Theme.smallGap

        ProgressLine {
            width: parent.width
            position: card.device.work.progress
            Accessible.name: qsTr("Progress: %1").arg(card.device.work.done)
        }
        Item {
            width: parent.width
            height: done.height
            Body {
                id: done
                text: card.device.work.done
            }
            Caption {
                anchors { left: done.right; leftMargin: Theme.smallGap; right: left.left; baseline: done.baseline }
                text: card.device.work.state
                wrapMode: Text.NoWrap
                elide: Text.ElideRight
            }
            Caption {
                id: left
                anchors { right: parent.right; baseline: done.baseline }
                text: card.device.work.left
            }
        }
    }
    Body {
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter }
        visible: !card.busy && card.device.live
        horizontalAlignment: Text.AlignHCenter
        color: Theme.muted
        text: qsTr("No task runs")
    }
    Item {
        id: footer
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        height: card.busy ? Theme.controlHeight : queue.height
        Caption {
            id: queue
            anchors { left: parent.left; right: card.busy ? cancelButton.left : parent.right; verticalCenter: parent.verticalCenter }
            horizontalAlignment: card.busy ? Text.AlignLeft : Text.AlignHCenter
            text: card.device.work.queue
        }
        PushButton {
            id: cancelButton
            objectName: "cancelButton"
            anchors { right: parent.right; verticalCenter: parent.verticalCenter }
            visible: card.busy
            text: qsTr("Cancel task…")
            onClicked: card.cancelWanted()
        }
    }
}
