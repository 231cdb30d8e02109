// SPDX-License-Identifier: Apache-2.0
import QtQuick
import QtTest
import Lull.Models
import Lull.Pages
import Lull.Tests

Item {
    id: root
    width: 1280
    height: 800

    Service { id: service }
    Device {
        id: device
        socketPath: service.socketPath
    }
    Programs { id: programs }
    HomePage {
        id: page
        anchors.fill: parent
        device: device
        programs: programs
    }

    TestCase {
        name: "HomePage"
        when: windowShown

        function show(scene: string) {
            service.deny(false)
            device.dismissNotice()
            verify(service.play(scene))
            verify(service.start())
            tryVerify(() => device.settled, 10000)
        }
        function cleanup() {
            for (const name of ["whyPanel", "pausePanel", "cancelPanel"]) {
                const panel = findPanel(name)
                panel.close()
                tryVerify(() => !panel.visible)
            }
            service.stop()
            tryVerify(() => !device.live)
        }
        function findPanel(name: string): var {
            const found = findChild(page, name)
            verify(found, name)
            return found
        }
        function item(name: string): Item {
            const found = findChild(page, name)
            verify(found, name)
            return found
        }
        function focusName(): string {
            return root.Window.activeFocusItem ? root.Window.activeFocusItem.objectName : ""
        }
        function test_says_what_it_does_data() {
            return [
                { tag: "working", scene: "working", state: "Working", because: "Nobody has touched this computer for 12 minutes" },
                { tag: "hot", scene: "resting-hot", state: "Resting", because: "The GPU is at 84\u00a0°C, will go on below 70\u00a0°C" },
                { tag: "off", scene: "off", state: "Off", because: "This computer keeps its GPU to itself" },
                { tag: "ready", scene: "ready", state: "Ready", because: "Nothing to do" }
            ]
        }
        function test_says_what_it_does(data) {
            show(data.scene)
            compare(item("state").text, data.state)
            compare(item("because").text, data.because)
            compare(item("state").Accessible.name.toLowerCase(), (data.state + ": " + data.because).toLowerCase())
            verify(item("statusCard").visible)
            verify(!item("lostCard").visible)
        }

        function test_switch_sends_the_wish_data() {
            return [{ tag: "Space", key: Qt.Key_Space }, { tag: "Return", key: Qt.Key_Return }, { tag: "Enter", key: Qt.Key_Enter }]
        }
        function test_switch_sends_the_wish(data) {
            show("off")
            const before = service.sharingWishes
            item("sharingSwitch").forceActiveFocus(Qt.TabFocusReason)
            keyClick(data.key)
            tryCompare(service, "sharingWishes", before + 1)
            tryVerify(() => item("sharingSwitch").on)
            verify(service.sharing)
            verify(item("sharingSwitch").Accessible.checked)
        }
        function test_switch_by_pointer() {
            show("working")
            mouseClick(item("sharingSwitch"))
            tryVerify(() => !service.sharing)
            tryVerify(() => !item("sharingSwitch").on)
        }
        function test_refused_right_is_told_and_falls_back() {
            show("off")
            service.deny(true)
            mouseClick(item("sharingSwitch"))
            tryVerify(() => device.notice !== "")
            verify(!item("sharingSwitch").on)
            verify(device.notice.indexOf("ask for the group “lull”") >= 0)
            const close = item("dismissNotice")
            verify(close.visible)
            close.forceActiveFocus(Qt.TabFocusReason)
            keyClick(Qt.Key_Return)
            compare(device.notice, "")
        }

        function test_keyboard_reaches_everything_data() {
            return [{ tag: "Tab", key: Qt.Key_Tab }, { tag: "Down", key: Qt.Key_Down }]
        }
        function test_keyboard_reaches_everything(data) {
            show("working")
            const wanted = ["sharingSwitch", "pauseButton", "whyButton", "cancelButton"]
            const seen = []
            item("sharingSwitch").forceActiveFocus(Qt.TabFocusReason)
            for (let i = 0; i < 8; ++i) {
                const focused = root.Window.activeFocusItem
                verify(focused.visualFocus, focused.objectName + " shows no focus ring")
                verify(focused.Accessible.name !== "", focused.objectName + " has no accessible name")
                seen.push(focused.objectName)
                keyClick(data.key)
            }
            for (const name of wanted)
                verify(seen.indexOf(name) >= 0, name + " is not reached: " + seen)
        }
        function test_starts_where_nothing_can_happen() {
            show("off")
            const before = service.sharingWishes
            page.forceActiveFocus()
            keyClick(Qt.Key_Return)
            keyClick(Qt.Key_Space)
            keyClick(Qt.Key_Down)
            verify(root.Window.activeFocusItem.visualFocus)
            compare(service.sharingWishes, before)
        }
        function test_backwards() {
            show("working")
            item("whyButton").forceActiveFocus(Qt.TabFocusReason)
            keyClick(Qt.Key_Up)
            const up = focusName()
            verify(up !== "whyButton")
            item("whyButton").forceActiveFocus(Qt.TabFocusReason)
            keyClick(Qt.Key_Backtab)
            compare(focusName(), up)
        }

        function test_why_opens_and_closes_data() {
            return [{ tag: "Escape", key: Qt.Key_Escape }, { tag: "Back", key: Qt.Key_Back }, { tag: "Return on Close", key: Qt.Key_Return }]
        }
        function test_why_opens_and_closes(data) {
            show("many-reasons")
            item("whyButton").forceActiveFocus(Qt.TabFocusReason)
            keyClick(Qt.Key_Return)
            const panel = findPanel("whyPanel")
            tryVerify(() => panel.opened)
            tryVerify(() => focusName() === "closeWhy")
            compare(device.reasons.count, 5)
            keyClick(data.key)
            tryVerify(() => !panel.visible)
            tryVerify(() => focusName() === "whyButton")
        }

        function test_pause_menu() {
            show("working")
            const before = service.pauses
            item("pauseButton").forceActiveFocus(Qt.TabFocusReason)
            keyClick(Qt.Key_Space)
            const panel = findPanel("pausePanel")
            tryVerify(() => focusName() === "pauseChoice0")
            keyClick(Qt.Key_Down)
            compare(focusName(), "pauseChoice1")
            const now = Date.now()
            keyClick(Qt.Key_Return)
            tryCompare(service, "pauses", before + 1)
            verify(Math.abs(service.pausedUntil - now - 3600000) < 60000)
            tryVerify(() => !panel.visible)
            tryVerify(() => device.paused)
            tryVerify(() => focusName() === "pauseButton")
            compare(item("pauseButton").text, "Resume")
            const resumed = service.resumes
            keyClick(Qt.Key_Return)
            tryCompare(service, "resumes", resumed + 1)
            tryVerify(() => !device.paused)
        }
        function test_pause_menu_until_resumed() {
            show("working")
            mouseClick(item("pauseButton"))
            tryVerify(() => focusName() === "pauseChoice0")
            keyClick(Qt.Key_Up)
            compare(focusName(), "pauseChoice3")
            keyClick(Qt.Key_Enter)
            tryCompare(service, "pausedUntil", -1)
        }

        function test_cancel_asks_first() {
            show("working")
            item("cancelButton").forceActiveFocus(Qt.TabFocusReason)
            keyClick(Qt.Key_Return)
            tryVerify(() => focusName() === "keepTask")
            keyClick(Qt.Key_Return)   // the safe answer has the focus
            tryVerify(() => !findPanel("cancelPanel").visible)
            compare(service.cancelled, "")
            mouseClick(item("cancelButton"))
            tryVerify(() => focusName() === "keepTask")
            keyClick(Qt.Key_Down)
            compare(focusName(), "cancelTask")
            keyClick(Qt.Key_Return)
            tryCompare(service, "cancelled", "t-abcdefghjkmn")
            tryVerify(() => !item("cancelButton").visible)
        }

        function test_lost_service_is_said_and_found_again() {
            show("working")
            service.stop()
            tryVerify(() => item("lostCard").visible)
            verify(!item("statusCard").visible)
            tryVerify(() => item("lostTitle").text.indexOf("not running") >= 0)
            verify(device.lostText.indexOf("systemctl start lulld") >= 0)
            verify(!item("cancelButton").enabled)
            verify(service.start())
            tryVerify(() => item("statusCard").visible, 10000)
            verify(item("cancelButton").enabled)
        }

        function test_programs_under_the_governor() {
            show("working")
            verify(!item("programsCard").visible)
            service.govern("llama-server")
            tryVerify(() => item("programsCard").visible, 20000)
            const gate = item("gate0")
            compare(gate.text, "Park")
            compare(gate.Accessible.name, "Park llama-server")
            gate.forceActiveFocus(Qt.TabFocusReason)
            keyClick(Qt.Key_Return)
            tryCompare(gate, "text", "Resume")
            tryVerify(() => programs.notice.indexOf("did not give the GPU back") >= 0)
            verify(item("dismissNotice").visible)
            mouseClick(item("dismissNotice"))
            compare(programs.notice, "")
            mouseClick(item("less0"))
            tryVerify(() => item("more0").enabled)
            keyClick(Qt.Key_Tab)
            verify(root.Window.activeFocusItem.visualFocus)
            mouseClick(gate)
            tryCompare(gate, "text", "Park")
            verify(service.endGoverned())
            tryVerify(() => !item("programsCard").visible)
        }

        function test_small_window_scrolls_to_what_has_the_focus() {
            show("working")
            root.width = 800
            root.height = 600
            item("sharingSwitch").forceActiveFocus(Qt.TabFocusReason)
            item("cancelButton").forceActiveFocus(Qt.TabFocusReason)
            const button = item("cancelButton")
            tryVerify(() => button.mapToItem(root, 0, 0).y >= 0 && button.mapToItem(root, 0, button.height).y <= 600)
            root.width = 1280
            root.height = 800
        }
    }
}
