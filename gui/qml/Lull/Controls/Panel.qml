// SPDX-License-Identifier: Apache-2.0
import QtQuick
import QtQuick.Templates as T
import QtQuick.Window
import Lull.Theme

// A card above everything else. Escape, Back and a press outside close it.
T.Popup {
    id: panel

    property string title
    property Pressable opener      // what had the focus, and how it got it
    property int openerReason
    default property alias content: area.data
    property alias footer: foot.data   // stays in sight while the content scrolls

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(Theme.panelWidth, (parent ? parent.width : Theme.panelWidth) - 2 * Theme.gap)
    height: Math.min(implicitHeight, (parent ? parent.height : implicitHeight) - 2 * Theme.gap)
    implicitHeight: heading.height + area.height + topPadding + bottomPadding + Theme.gap
                    + (foot.height > 0 ? foot.height + Theme.gap : 0)
    padding: Theme.padding
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside

    onAboutToShow: {
        opener = parent.Window.activeFocusItem as Pressable
        openerReason = opener ? opener.focusReason : Qt.PopupFocusReason
    }
    onClosed: opener?.forceActiveFocus(openerReason)

    function scroll(lines: real) {
        const lowest = Math.max(0, flick.contentHeight - flick.height)
        flick.contentY = Math.max(0, Math.min(lowest, flick.contentY + lines * Theme.controlHeight))
    }

    T.Overlay.modal: Rectangle { color: Theme.veil }
    background: Rectangle {
        radius: Theme.radius
        color: Theme.card
        border { width: Theme.hairline; color: Theme.cardEdge }
    }
    contentItem: Item {
        Accessible.role: Accessible.Dialog
        Accessible.name: panel.title
        Keys.onBackPressed: panel.close()

        Text {
            id: heading
            width: parent.width
            text: panel.title
            color: Theme.text
            font { pixelSize: Theme.titleSize; weight: Font.DemiBold }
            wrapMode: Text.Wrap
            textFormat: Text.PlainText
        }
        Flickable {
            id: flick
            anchors {
                top: heading.bottom; left: parent.left; right: parent.right; bottom: foot.top
                topMargin: Theme.gap; bottomMargin: foot.height > 0 ? Theme.gap : 0
            }
            contentHeight: area.height
            interactive: contentHeight > height
            boundsBehavior: Flickable.StopAtBounds
            clip: interactive
            Column {
                id: area
                width: parent.width
                spacing: Theme.smallGap
            }
        }
        Column {
            id: foot
            anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        }
    }
}
