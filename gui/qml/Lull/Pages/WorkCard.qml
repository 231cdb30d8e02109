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

    function joined(first: string, second: string, third: string): string {
        return [first, second, third].filter(part => part !== "").join(" · ")
    }

    title: qsTr("Task")

    Text {
        id: name
        objectName: "taskName"
        anchors { left: parent.left; right: curve.visible ? curve.left : parent.right; rightMargin: curve.visible ? Theme.gap : 0 }
        visible: card.busy
        text: card.device.work.name
        color: Theme.text
        font { pixelSize: Theme.titleSize; weight: Font.DemiBold }
        maximumLineCount: curve.visible ? 1 : 2
        wrapMode: Text.Wrap
        elide: Text.ElideRight
        textFormat: Text.PlainText
    }
    Caption {
        objectName: "taskModel"
        anchors { left: name.left; right: name.right; top: name.bottom; topMargin: Theme.smallGap / 2 }
        visible: card.busy && name.lineCount === 1
        text: card.joined(card.device.study.model, card.device.work.tokens, "")
        wrapMode: Text.NoWrap
        elide: Text.ElideRight
    }
    Bars {
        id: curve
        objectName: "losses"
        anchors { right: parent.right; top: parent.top; bottom: standing.top; bottomMargin: Theme.smallGap }
        width: parent.width * 0.25
        visible: card.busy && count > 1
        heights: card.device.study.losses
        count: card.device.study.losses.length
        Accessible.role: Accessible.Graphic
        Accessible.name: card.device.study.loss
    }
    Column {
        id: standing
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
                text: card.joined(card.device.work.state, card.device.work.requests, card.device.study.loss)
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
