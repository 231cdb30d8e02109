// SPDX-License-Identifier: Apache-2.0
import QtQuick
import QtQuick.Shapes
import Lull.Theme

// Lull's motif: a moon over calm water, on a ground with rounded corners. How high it stands tells how lively it is.
Item {
    id: scene

    property real moonAt: 1        // 0 set … 1 high
    property bool moonVisible: true
    property real moonX: 0.5       // its middle, in widths
    property real moonSize: height * 0.5
    property real corner: 0        // radius of the ground's corners

    Shape {
        id: moon
        visible: scene.moonVisible && scene.moonAt > 0
        x: scene.width * scene.moonX - scene.moonSize / 2
        y: scene.height * (0.16 + 0.42 * (1 - scene.moonAt))
        width: 100
        height: 100
        transform: Scale { xScale: scene.moonSize / 100; yScale: scene.moonSize / 100 }
        ShapePath {
            strokeColor: "transparent"
            fillColor: Qt.rgba(1, 1, 1, 0.35 + 0.57 * scene.moonAt)
            PathSvg { path: "M60 4 A48 48 0 1 0 97 66 A42 42 0 0 1 60 4 Z" }
        }
    }
    Shape {
        anchors.fill: parent
        Wave { top: 0.72; swing: 0.06 }
        Wave { top: 0.85; swing: -0.045 }
    }

    component Wave: ShapePath {
        id: wave
        required property real top
        required property real swing
        readonly property real w: scene.width
        readonly property real h: scene.height
        readonly property real r: scene.corner

        strokeColor: "transparent"
        fillColor: Qt.rgba(1, 1, 1, 0.09)
        startX: 0
        startY: h * top
        PathCubic {
            x: wave.w / 2; y: wave.h * wave.top
            control1X: wave.w * 0.17; control1Y: wave.h * (wave.top - 2 * wave.swing)
            control2X: wave.w * 0.33; control2Y: wave.h * (wave.top + 2 * wave.swing)
        }
        PathCubic {
            x: wave.w; y: wave.h * wave.top
            control1X: wave.w * 0.67; control1Y: wave.h * (wave.top - 2 * wave.swing)
            control2X: wave.w * 0.83; control2Y: wave.h * (wave.top + 2 * wave.swing)
        }
        PathLine { x: wave.w; y: wave.h - wave.r }
        PathArc { x: wave.w - wave.r; y: wave.h; radiusX: wave.r; radiusY: wave.r }
        PathLine { x: wave.r; y: wave.h }
        PathArc { x: 0; y: wave.h - wave.r; radiusX: wave.r; radiusY: wave.r }
        PathLine { x: 0; y: wave.h * wave.top }
    }
}
