// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

// Small text beside or below what matters.
Text {
    color: Theme.muted
    font.pixelSize: Theme.captionSize
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
}
