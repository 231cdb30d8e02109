// SPDX-License-Identifier: Apache-2.0
import QtQuick
import QtTest
import Lull.Controls
import Lull.Theme

Item {
    id: root
    width: 400
    height: 400

    Column {
        spacing: 10
        Toggle {
            id: toggle
            text: "A switch"
        }
        PushButton {
            id: button
            text: "A button"
        }
        ProgressLine {
            id: line
            width: 200
        }
        ArcGauge {
            id: gauge
            width: 150
            height: 120
        }
    }
    SignalSpy { id: wished; target: toggle; signalName: "wished" }
    SignalSpy { id: clicked; target: button; signalName: "clicked" }

    TestCase {
        name: "Controls"
        when: windowShown

        function init() {
            wished.clear()
            clicked.clear()
            toggle.on = false
            Theme.scale = 1
        }

        function test_toggle_only_wishes() {
            mouseClick(toggle)
            compare(wished.count, 1)
            compare(wished.signalArguments[0][0], true)
            compare(toggle.on, false)
            toggle.on = true
            mouseClick(toggle)
            compare(wished.signalArguments[1][0], false)
        }
        function test_every_key_presses_data() {
            return [{ tag: "Space", key: Qt.Key_Space }, { tag: "Return", key: Qt.Key_Return }, { tag: "Enter", key: Qt.Key_Enter }]
        }
        function test_every_key_presses(data) {
            toggle.forceActiveFocus(Qt.MouseFocusReason)
            verify(!toggle.visualFocus)
            button.forceActiveFocus(Qt.TabFocusReason)
            verify(button.visualFocus)
            keyClick(data.key)
            compare(clicked.count, 1)
            button.enabled = false
            keyClick(data.key)
            compare(clicked.count, 1)
            button.enabled = true
        }
        function test_progress_is_as_long_as_it_says() {
            const bar = line.children[0]
            line.position = 0
            verify(!bar.visible)
            line.position = 0.5
            compare(bar.width, 100)
            line.position = 0.001
            compare(bar.width, bar.height)   // never less than a dot
            line.position = 1
            compare(bar.width, 200)
        }
        function test_gauge_fits() {
            verify(gauge.radius > 20)
            verify(gauge.centerY - gauge.radius >= 0)
            verify(gauge.centerY + gauge.radius * 0.72 <= gauge.height)
            verify(gauge.radius <= gauge.width / 2)
        }
        function test_everything_scales() {
            const before = button.height
            Theme.scale = 2
            compare(button.height, 2 * before)
            compare(Theme.bodySize, 30)
        }
    }
}
