/* tools/symbols.c - a store over SYMBOL_PATH..., with the cache where
 * the system keeps caches, and a line on a terminal while files come in. */
#define _POSIX_C_SOURCE 200809L

#include "tools/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* $XDG_CACHE_HOME/mdwalk, else ~/.cache/mdwalk; "" without either. The
 * specification wants relative paths ignored. */
static void default_cache(char *out, size_t size)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int len = -1;
    if (base && base[0] == '/')
        len = snprintf(out, size, "%s/mdwalk", base);
    else if (home && home[0] == '/')
        len = snprintf(out, size, "%s/.cache/mdwalk", home);
    if (len < 0 || (size_t)len >= size)
        out[0] = '\0';
}

static bool choose_cache(symbols *s, const symbol_args *a)
{
    s->cache[0] = '\0';
    if (a->no_cache)
        return true;
    if (!a->cache) {
        default_cache(s->cache, sizeof s->cache);
        return true;
    }
    int len = snprintf(s->cache, sizeof s->cache, "%s", a->cache);
    if (len > 0 && (size_t)len < sizeof s->cache)
        return true;
    (void)fprintf(stderr, "mdwalk: --cache: not a folder's name: %s\n",
                  a->cache);
    return false;
}

static void progress(void *user, const mdw_progress *p)
{
    symbols *s = user;
    if (!s->terminal)
        return;
    s->line = true;
    (void)fprintf(stderr, "\r\033[Ksymbols: %u of %u, %.1f MB", p->done,
                  p->total, (double)p->bytes / 1e6);
    (void)fflush(stderr);
}

void symbols_quiet(symbols *s)
{
    if (s->line)
        (void)fputs("\r\033[K", stderr);
    s->line = false;
}

static bool complain_place(const char *place, const mdw_error *err)
{
    const char *why = err->code == MDW_E_IO && err->value
                          ? strerror((int)err->value)
                          : mdw_status_name(err->code);
    if (err->code == MDW_E_UNSUPPORTED)
        (void)fprintf(stderr, "mdwalk: %s: %s is not there\n", place,
                      err->what ? err->what : "what serves it");
    else
        (void)fprintf(stderr, "mdwalk: %s: %s\n", place, why);
    return false;
}

bool symbols_open(symbols *s, const symbol_args *a)
{
    mdw_error err = {.code = MDW_OK};
    mdw_store_options options = MDW_INIT(mdw_store_options);
    *s = (symbols){.terminal = isatty(STDERR_FILENO)};
    if (!a->path_count)
        return true;
    if (!choose_cache(s, a))
        return false;
    options.cache = s->cache[0] ? s->cache : NULL;
    options.timeout_ms = a->timeout_seconds * 1000; /* < 2^32: when read */
    options.progress = progress;
    options.progress_user = s;
    if (mdw_store_new(&options, &s->store, &err) != MDW_OK)
        return complain_place("symbols", &err);
    for (int i = 0; i < a->path_count; i++)
        if (mdw_store_add(s->store, a->paths[i], &err) != MDW_OK) {
            symbols_close(s);
            return complain_place(a->paths[i], &err);
        }
    s->provider.size = sizeof s->provider;
    mdw_store_provider(s->store, &s->provider);
    return true;
}

/* A cache that cannot be written to is no reason to speak up: the answer was
 * right, the next one is only slower. */
void symbols_work(symbols *s)
{
    while (s->store && mdw_store_work(s->store, NULL) != MDW_ABSENT)
        ;
}

void symbols_close(symbols *s)
{
    symbols_quiet(s);
    mdw_store_close(s->store);
    s->store = NULL;
}
