// SPDX-License-Identifier: Apache-2.0
pragma ComponentBehavior: Bound
import QtQuick
import Lull.Theme

// Small bars side by side, the newest at the right.
Item {
    id: plot

    required property list<double> heights   // 0..1
    required property int count

    Rectangle {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        height: Theme.hairline
        color: Theme.track
    }
    Repeater {
        model: plot.count
        Rectangle {
            required property int index
            readonly property real step: plot.width / plot.count
            x: index * step
            width: step - Theme.barGap
            height: Math.max(plot.heights[index] * plot.height, Theme.barGap)
            y: plot.height - height
            radius: Math.min(width / 2, Theme.barGap)
            color: plot.heights[index] > 0 ? Theme.accent : Theme.track
        }
    }
}
