// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

Rectangle {
    id: line

    property real position: 0   // 0..1

    implicitHeight: Theme.lineHeight
    radius: height / 2
    color: Theme.track
    Accessible.role: Accessible.ProgressBar

    Rectangle {
        visible: line.position > 0
        height: parent.height
        width: Math.max(height, parent.width * line.position)
        radius: height / 2
        color: Theme.accent
    }
}
