/* lib/symbol/net_loader.c - brings the network module in when a server is
 * asked for: linked in, its libraries would cost every run 7 ms. */
#define _GNU_SOURCE /* RTLD_NODELETE */

#include <dlfcn.h>
#include <string.h>

#include "lib/base/fail.h"
#include "lib/symbol/net.h"

mdw_status net_load(const char *path, const net_api **out, mdw_error *err)
{
    /* Its libraries do not survive being unloaded: what they leave in
     * thread-local storage and atexit points into them. */
    void *module =
        dlopen(path ? path : NET_MODULE, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *found = module ? dlsym(module, NET_SYMBOL) : NULL;
    const net_api *api = NULL;
    if (found) {
        net_entry_fn entry; /* POSIX: of the size of a pointer to data */
        memcpy(&entry, &found, sizeof entry);
        api = entry(NET_VERSION);
    }
    if (module)
        (void)dlclose(module);
    if (!api)
        return fail(err, MDW_E_UNSUPPORTED, NET_MODULE);
    *out = api;
    return MDW_OK;
}
