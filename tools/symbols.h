/* tools/symbols.h - where the command looks for symbols. */
#ifndef MDWALK_TOOLS_SYMBOLS_H
#define MDWALK_TOOLS_SYMBOLS_H

#include "mdwalk/symbol.h"

enum { MAX_SYMBOL_PATHS = 256 };

/* --cache DIR, --no-cache, --no-demangle, and the words behind the dump. */
typedef struct symbol_args {
    const char *cache; /* --cache; NULL: not given */
    bool no_cache;
    bool no_demangle;
    const char *paths[MAX_SYMBOL_PATHS]; /* SYMBOL_PATH... */
    int path_count;
    uint32_t timeout_seconds; /* 0: the library's */
} symbol_args;

typedef struct symbols {
    mdw_store *store; /* NULL: no path was given */
    mdw_provider provider;
    char cache[4096]; /* "": none */
    bool terminal;    /* a progress line may be written */
    bool line;        /* one is there */
} symbols;

/* False after one sentence on standard error. */
bool symbols_open(symbols *s, const symbol_args *a);
/* Takes the progress line away: before anything else is written. */
void symbols_quiet(symbols *s);
/* After the report is out: writes down what was indexed. */
void symbols_work(symbols *s);
void symbols_close(symbols *s);

#endif
