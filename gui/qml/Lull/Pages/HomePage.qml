// SPDX-License-Identifier: Apache-2.0
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Lull.Controls
import Lull.Models
import Lull.Theme

// The one page: what this computer lends now, why, and what it has given.
Item {
    id: page

    required property Device device
    required property Programs programs
    readonly property real contentWidth: Math.min(width - 2 * Theme.margin, Theme.widest)
    readonly property bool wide: contentWidth >= Theme.wideFrom
    readonly property real third: (contentWidth - 2 * Theme.gap) * 0.25
    readonly property real half: (contentWidth - Theme.gap) / 2
    // What the window is higher than the cards need goes to the cards.
    readonly property real needed: 2 * Theme.margin + 3 * Theme.gap + Theme.headerHeight + Theme.heroHeight
                                   + Theme.gaugeHeight + Theme.todayHeight
                                   + (notice.visible ? notice.height + Theme.gap : 0)
                                   + (governed.visible ? governed.height + Theme.gap : 0)
    readonly property real spare: wide ? Math.max(0, height - needed) : 0

    function reveal(item: Item) {
        const top = item.mapToItem(column, 0, 0).y - Theme.gap
        const bottom = top + item.height + 2 * Theme.gap
        flick.contentY = Math.max(0, Math.min(top, Math.max(flick.contentY, bottom - flick.height)))
    }

    // At first the page itself has the focus, so that a stray Return changes nothing.
    Keys.onDownPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
    Keys.onRightPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)

    Connections {
        target: page.Window.window
        function onActiveFocusItemChanged() {
            const item = page.Window.activeFocusItem
            if (item && flick.interactive && flick.contentItem.contains(item.mapToItem(flick.contentItem, 0, 0)))
                page.reveal(item)
        }
    }

    Flickable {
        id: flick
        anchors.fill: parent
        contentHeight: column.height + 2 * Theme.margin
        interactive: contentHeight > height + 1
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.vertical: T.ScrollBar {
            padding: Theme.scrollBar / 3
            visible: flick.interactive
            focusPolicy: Qt.NoFocus
            contentItem: Rectangle {
                implicitWidth: Theme.scrollBar
                radius: width / 2
                color: Theme.muted
                opacity: Theme.dimmed
            }
        }

        Column {
            id: column
            x: (page.width - width) / 2
            y: Theme.margin
            width: page.contentWidth
            spacing: Theme.gap

            Item {
                width: parent.width
                height: Theme.headerHeight
                Rectangle {
                    id: logo
                    height: parent.height
                    width: height
                    radius: Theme.smallRadius
                    color: Theme.skyHigh
                    Moonrise {
                        anchors.fill: parent
                        corner: parent.radius
                        moonSize: height * 0.6
                    }
                }
                Text {
                    anchors { left: logo.right; leftMargin: Theme.smallGap * 1.5; verticalCenter: parent.verticalCenter }
                    text: qsTr("Lull")
                    color: Theme.text
                    font { pixelSize: Theme.titleSize; weight: Font.DemiBold }
                }
                Caption {
                    anchors { right: parent.right; verticalCenter: parent.verticalCenter }
                    visible: page.device.live
                    text: page.device.contributed.inAll
                }
            }
            NoticeBar {
                id: notice
                width: parent.width
                text: page.device.notice || page.programs.notice
                onDismissed: {
                    page.device.dismissNotice()
                    page.programs.dismissNotice()
                }
            }
            StatusCard {
                objectName: "statusCard"
                device: page.device
                visible: page.device.live
                width: parent.width
                height: Theme.heroHeight + page.spare * 0.3
                onWhyWanted: why.open()
                onPauseWanted: pause.open()
            }
            LostCard {
                objectName: "lostCard"
                device: page.device
                visible: !page.device.live
                width: parent.width
                height: Theme.heroHeight + page.spare * 0.3
            }
            ProgramsCard {
                id: governed
                objectName: "programsCard"
                programs: page.programs
                width: parent.width
            }
            Flow {
                width: parent.width
                spacing: Theme.gap
                enabled: page.device.live
                opacity: enabled ? 1 : Theme.dimmed

                HeatCard {
                    device: page.device
                    width: page.wide ? page.third : page.half
                    height: Theme.gaugeHeight + page.spare * 0.35
                }
                ShareCard {
                    device: page.device
                    width: page.wide ? page.third : page.half
                    height: Theme.gaugeHeight + page.spare * 0.35
                }
                WorkCard {
                    device: page.device
                    width: page.wide ? parent.width - 2 * (page.third + Theme.gap) : parent.width
                    height: Theme.gaugeHeight + page.spare * 0.35
                    onCancelWanted: cancel.ask()
                }
                TodayCard {
                    device: page.device
                    width: page.wide ? parent.width - page.third - Theme.gap : parent.width
                    height: Theme.todayHeight + page.spare * 0.35
                }
                GiveBackCard {
                    device: page.device
                    width: page.wide ? page.third : parent.width
                    height: Theme.todayHeight + page.spare * 0.35
                }
            }
        }
    }

    WhyPanel {
        id: why
        objectName: "whyPanel"
        device: page.device
    }
    PausePanel {
        id: pause
        objectName: "pausePanel"
        device: page.device
    }
    CancelPanel {
        id: cancel
        objectName: "cancelPanel"
        device: page.device
    }
}
