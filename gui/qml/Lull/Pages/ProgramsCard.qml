// SPDX-License-Identifier: Apache-2.0
pragma ComponentBehavior: Bound
import QtQuick
import Lull.Controls
import Lull.Models
import Lull.Theme

// The programs that somebody runs under the governor; not there while there are none.
Card {
    id: card

    required property Programs programs

    title: qsTr("Programs under the governor")
    visible: programs.count > 0
    height: 2 * Theme.padding + Theme.captionSize + Theme.gap + list.height

    Column {
        id: list
        width: parent.width
        spacing: Theme.gap

        Repeater {
            model: card.programs
            ProgramRow {
                width: parent.width
                onParkWanted: card.programs.park(index)
                onResumeWanted: card.programs.resume(index)
                onDutyWanted: percent => card.programs.setDuty(index, percent)
            }
        }
    }
}
