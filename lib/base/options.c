#include "lib/base/options.h"

#include <string.h>

static size_t size_of(const void *record)
{
    size_t size;
    memcpy(&size, record, sizeof size);
    return size;
}

mdw_status options_read(void *dst, size_t dst_size, const void *src)
{
    memset(dst, 0, dst_size);
    if (!src) {
        memcpy(dst, &dst_size, sizeof dst_size);
        return MDW_OK;
    }
    size_t size = size_of(src);
    if (size < sizeof size)
        return MDW_E_ABI;
    for (size_t i = dst_size; i < size; i++)
        if (((const unsigned char *)src)[i])
            return MDW_E_ABI;
    memcpy(dst, src, size < dst_size ? size : dst_size);
    memcpy(dst, &dst_size, sizeof dst_size);
    return MDW_OK;
}

mdw_status record_write(void *dst, const void *src, size_t src_size)
{
    size_t size = size_of(dst);
    if (size < sizeof size)
        return MDW_E_ABI;
    memcpy(dst, src, size < src_size ? size : src_size);
    memcpy(dst, &size, sizeof size);
    return MDW_OK;
}
