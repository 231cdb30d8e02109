// SPDX-License-Identifier: Apache-2.0
import QtQuick
import Lull.Theme

// Running text.
Text {
    color: Theme.text
    font.pixelSize: Theme.bodySize
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
}
