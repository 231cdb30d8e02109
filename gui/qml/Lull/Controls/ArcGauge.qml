// SPDX-License-Identifier: Apache-2.0
import QtQuick
import QtQuick.Shapes
import Lull.Theme

// Three quarters of a circle that fill up to `position` (0..1), with marks where something happens.
Item {
    id: gauge

    property real position: 0
    property real stopMark: -1     // negative: none
    property real resumeMark: -1
    property color color: Theme.accent
    property string value
    property string label

    readonly property real start: 135
    readonly property real sweep: 270
    // The open quarter below needs no room: half the stroke and the marks stand above, 0.71 of the radius below.
    readonly property real above: Theme.stroke * 1.6
    readonly property real radius: Math.min(width / 2 - above, (height - above - Theme.stroke / 2) / 1.71)
    readonly property real centerX: width / 2
    readonly property real centerY: (height - radius * 1.71 - above - Theme.stroke / 2) / 2 + above + radius

    component Mark: Rectangle {
        id: mark
        required property real at
        readonly property real angle: (gauge.start + gauge.sweep * at) * Math.PI / 180
        readonly property real distance: gauge.radius + Theme.stroke * 1.15
        visible: at >= 0
        width: Theme.smallGap * 0.75
        height: width
        radius: width / 2
        x: gauge.centerX + distance * Math.cos(angle) - width / 2
        y: gauge.centerY + distance * Math.sin(angle) - height / 2
    }
    component Arc: ShapePath {
        property real angle: gauge.sweep
        fillColor: "transparent"
        strokeWidth: Theme.stroke
        capStyle: ShapePath.RoundCap
        PathAngleArc {
            centerX: gauge.centerX
            centerY: gauge.centerY
            radiusX: gauge.radius
            radiusY: gauge.radius
            startAngle: gauge.start
            sweepAngle: angle
        }
    }

    Shape {
        anchors.fill: parent
        Arc { strokeColor: Theme.track }
        Arc {
            strokeColor: gauge.position > 0 ? gauge.color : "transparent"
            angle: Math.max(1, gauge.sweep * gauge.position)
        }
    }
    Mark { at: gauge.resumeMark; color: Theme.warm }
    Mark { at: gauge.stopMark; color: Theme.hot }
    Text {
        id: number
        x: gauge.centerX - width / 2
        y: gauge.centerY - height / 2
        text: gauge.value
        color: Theme.text
        font { pixelSize: Theme.figureSize; weight: Font.DemiBold }
    }
    Caption {
        anchors { top: number.bottom; horizontalCenter: number.horizontalCenter; topMargin: -Theme.smallGap / 4 }
        width: gauge.radius * 1.4
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.NoWrap
        elide: Text.ElideRight
        text: gauge.label
    }
}
