// SPDX-License-Identifier: Apache-2.0
pragma Singleton
import QtQuick

// Colours, sizes and type of everything. `scale` enlarges it all: the shell sets it to suit window and distance.
QtObject {
    id: theme

    property real scale: 1
    readonly property SystemPalette system: SystemPalette { colorGroup: SystemPalette.Active }
    readonly property bool dark: system.window.hslLightness < 0.5

    // Surfaces
    readonly property color background: dark ? "#12141c" : "#f3f4f9"
    readonly property color card: dark ? "#1b1e29" : "#ffffff"
    readonly property color cardEdge: dark ? "#272b39" : "#e5e8f1"
    readonly property color track: dark ? "#2b3040" : "#e8eaf3"
    readonly property color veil: dark ? "#a0080a10" : "#66161a2b"
    // Text
    readonly property color text: dark ? "#eceef6" : "#1a1e2c"
    readonly property color muted: dark ? "#9aa2b8" : "#5d667c"
    readonly property color skyText: "#ffffff"
    readonly property color skyMuted: "#d9def5"
    // The one accent, and what warns
    readonly property color accent: dark ? "#8796f5" : "#4a5ac9"
    readonly property color accentSoft: dark ? "#2c3350" : "#e6e9fa"
    readonly property color warm: dark ? "#e0a95a" : "#b8741a"
    readonly property color hot: dark ? "#ef8377" : "#c23b2e"
    readonly property color ring: dark ? "#b3bdff" : "#2f3da8"
    // The sky of the headline: lively, resting, off
    readonly property color skyHigh: dark ? "#4353bd" : "#5566d6"
    readonly property color skyLow: dark ? "#28317e" : "#343fa0"
    readonly property color duskHigh: dark ? "#46507a" : "#66719c"
    readonly property color duskLow: dark ? "#2b3150" : "#454e77"
    readonly property color nightHigh: dark ? "#333846" : "#6a7080"
    readonly property color nightLow: dark ? "#232733" : "#4e5362"

    // Lengths
    readonly property real gap: 16 * scale
    readonly property real smallGap: 8 * scale
    readonly property real padding: 22 * scale
    readonly property real margin: 26 * scale
    readonly property real radius: 18 * scale
    readonly property real smallRadius: 10 * scale
    readonly property real ringWidth: 2.5 * scale
    readonly property real ringGap: 3 * scale
    readonly property real hairline: 1
    readonly property real controlHeight: 38 * scale
    readonly property real controlPadding: 18 * scale
    readonly property real toggleWidth: 92 * scale
    readonly property real toggleHeight: 50 * scale
    readonly property real knobGap: 5 * scale
    readonly property real lineHeight: 10 * scale
    readonly property real stroke: 11 * scale
    readonly property real barGap: 2 * scale
    readonly property real scrollBar: 6 * scale
    readonly property real headerHeight: 34 * scale
    readonly property real heroHeight: 196 * scale
    readonly property real gaugeHeight: 216 * scale
    readonly property real todayHeight: 232 * scale
    readonly property real widest: 1180 * scale
    readonly property real wideFrom: 900 * scale
    readonly property real panelWidth: 520 * scale
    readonly property real dutyWidth: 104 * scale
    readonly property real stepWidth: 48 * scale
    readonly property real gateWidth: 116 * scale

    // Type: the system's sans
    readonly property int captionSize: Math.round(13 * scale)
    readonly property int bodySize: Math.round(15 * scale)
    readonly property int titleSize: Math.round(21 * scale)
    readonly property int figureSize: Math.round(27 * scale)
    readonly property int displaySize: Math.round(46 * scale)

    readonly property int quick: 120  // milliseconds of the few movements
    readonly property real dimmed: 0.4
}
