// SPDX-License-Identifier: Apache-2.0
pragma ComponentBehavior: Bound
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

// Every reason that holds, and what would change it.
Panel {
    id: panel

    required property Device device

    title: device.headline.sentence
    onOpened: closeButton.forceActiveFocus(Qt.TabFocusReason)

    Body {
        width: parent.width
        visible: panel.device.reasons.count === 0
        text: qsTr("Nothing holds it back.")
    }
    Repeater {
        model: panel.device.reasons
        ReasonRow { width: parent.width }
    }
    Body {
        width: parent.width
        visible: text !== ""
        color: Theme.warm
        text: panel.device.headline.troubles
    }
    footer: PushButton {
        id: closeButton
        objectName: "closeWhy"
        width: parent.width
        text: qsTr("Close")
        onClicked: panel.close()
        Keys.onDownPressed: panel.scroll(1)
        Keys.onUpPressed: panel.scroll(-1)
    }
}
