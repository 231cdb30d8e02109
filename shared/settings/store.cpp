// SPDX-License-Identifier: Apache-2.0
#include "settings/store.h"
