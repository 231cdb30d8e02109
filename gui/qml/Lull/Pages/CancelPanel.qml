// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Controls
import Lull.Models

// Asks before work is thrown away. Keeps to the task it was opened for.
Panel {
    id: panel

    required property Device device
    property string taskId
    property string taskName

    function ask() {
        taskId = device.work.id
        taskName = device.work.name
        open()
    }

    title: qsTr("Cancel this task?")
    onOpened: keep.forceActiveFocus(Qt.TabFocusReason)

    Body {
        width: parent.width
        text: qsTr("“%1” ends and is not credited; what it has worked out so far is lost.").arg(panel.taskName)
        bottomPadding: 8
    }
    PushButton {
        id: keep
        objectName: "keepTask"
        width: parent.width
        primary: true
        text: qsTr("Let it go on")
        onClicked: panel.close()
    }
    PushButton {
        objectName: "cancelTask"
        width: parent.width
        text: qsTr("Cancel task")
        onClicked: {
            panel.device.cancelTask(panel.taskId)
            panel.close()
        }
    }
}
