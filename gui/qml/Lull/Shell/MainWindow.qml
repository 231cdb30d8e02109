// SPDX-License-Identifier: Apache-2.0
import QtQuick
import QtQuick.Window
import Lull.Bridge
import Lull.Models
import Lull.Pages
import Lull.Theme

// The desktop's window.
Window {
    id: window

    required property string socketPath   // empty: the usual places
    property real factor: 1               // on top of what suits the window's size
    property size wantedSize
    readonly property bool sized: wantedSize.width > 0
    // Larger windows get larger cards, in steps, so that dragging an edge does not redraw every glyph.
    readonly property real suits: Math.floor(Math.min(1.5, Math.max(1, Math.min(width / 1280, height / 800))) * 8) / 8

    width: sized ? wantedSize.width : 1280
    height: sized ? wantedSize.height : 800
    minimumWidth: 800
    minimumHeight: 600
    color: Theme.background
    title: qsTr("Lull – %1").arg(device.live ? device.headline.sentence : device.lostTitle)

    Binding { target: Theme; property: "scale"; value: window.factor * window.suits }
    Device {
        id: device
        objectName: "device"
        socketPath: window.socketPath
        shown: exposure.exposed
    }
    Programs {
        id: programs
        objectName: "programs"
        shown: exposure.exposed
    }
    Exposure {
        id: exposure
        window: window
    }
    HomePage {
        anchors.fill: parent
        focus: true
        device: device
        programs: programs
        LayoutMirroring.enabled: Qt.application.layoutDirection === Qt.RightToLeft
        LayoutMirroring.childrenInherit: true
    }
    Shortcut {
        sequences: [StandardKey.Quit, StandardKey.Close]
        onActivated: window.close()
    }
}
