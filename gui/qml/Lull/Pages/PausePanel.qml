// SPDX-License-Identifier: Apache-2.0
pragma ComponentBehavior: Bound
import QtQuick
import Lull.Controls
import Lull.Models

Panel {
    id: panel

    required property Device device

    title: qsTr("Pause sharing")
    onOpened: choices.itemAt(0).forceActiveFocus(Qt.TabFocusReason)

    Repeater {
        id: choices
        model: panel.device.pauseChoices
        PushButton {
            required property int index
            required property string label
            objectName: "pauseChoice" + index
            width: parent.width
            text: label
            Accessible.role: Accessible.MenuItem
            onClicked: {
                panel.device.pause(index)
                panel.close()
            }
        }
    }
}
