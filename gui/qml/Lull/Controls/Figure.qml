// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

// A number that matters, and what it counts.
Column {
    id: figure

    required property string value
    required property string label

    Accessible.role: Accessible.StaticText
    Accessible.name: label + ": " + value

    Text {
        width: figure.width
        text: figure.value
        color: Theme.text
        font { pixelSize: Theme.figureSize; weight: Font.DemiBold }
        fontSizeMode: Text.HorizontalFit
        minimumPixelSize: Theme.bodySize
        Accessible.ignored: true
    }
    Caption {
        width: figure.width
        text: figure.label
        wrapMode: Text.NoWrap
        elide: Text.ElideRight
        Accessible.ignored: true
    }
}
