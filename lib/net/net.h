/* lib/net/net.h - what the files of the network module share. */
#ifndef MDW_NET_NET_H
#define MDW_NET_NET_H

#include "lib/symbol/net.h"

/* The module's one export, NET_SYMBOL; NULL: another version. */
MDW_API const net_api *mdw_net(uint32_t version);

int64_t net_now(void); /* ms, of a clock that never goes back */

/* Says how things stand, with `more` bytes that were not counted yet. */
void net_tell(net *n, const char *subject, uint64_t more);

mdw_status debuginfod_find(net *n, const net_options *options,
                           const char *build_id, bool executable,
                           char path[NET_PATH_SIZE], uint64_t *bytes,
                           uint64_t *number);

/* post.c: libcurl has been begun. */
mdw_status net_send(const net_post *request, net_answer *out);

#endif
