// SPDX-License-Identifier: Apache-2.0
// Takes Lull's QML modules, which are static plugins, into a program. Include once per program, and give the engine
// kQmlImportPath.
#pragma once

#include <QtQml/QQmlExtensionPlugin>

Q_IMPORT_QML_PLUGIN(Lull_BridgePlugin)
Q_IMPORT_QML_PLUGIN(Lull_ModelsPlugin)
Q_IMPORT_QML_PLUGIN(Lull_ThemePlugin)
Q_IMPORT_QML_PLUGIN(Lull_ControlsPlugin)
Q_IMPORT_QML_PLUGIN(Lull_PagesPlugin)
Q_IMPORT_QML_PLUGIN(Lull_ShellPlugin)

namespace lull {
inline constexpr const char* kQmlImportPath = "qrc:/qt/qml";
}
