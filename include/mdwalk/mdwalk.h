/* mdwalk/mdwalk.h - everything. */
#ifndef MDWALK_MDWALK_H
#define MDWALK_MDWALK_H

#include "mdwalk/base.h"
#include "mdwalk/crash.h"
#include "mdwalk/dump.h"
#include "mdwalk/module.h"
#include "mdwalk/report.h"
#include "mdwalk/source.h"
#include "mdwalk/state.h"
#include "mdwalk/symbol.h"
#include "mdwalk/unwind.h"

#endif
