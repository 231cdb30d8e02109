// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

// Shows where the keyboard is.
Rectangle {
    required property Item control
    property real around: Theme.smallRadius

    anchors { fill: parent; margins: -Theme.ringGap - border.width }
    radius: around + Theme.ringGap + border.width
    color: "transparent"
    border { width: Theme.ringWidth; color: Theme.ring }
}
