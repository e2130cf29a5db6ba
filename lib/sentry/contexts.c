/* lib/sentry/contexts.c - the system and the device, and the object that holds
 * all other contexts. */
#include "lib/base/options.h"
#include "lib/sentry/parts.h"

/* VER_PLATFORM and Breakpad's MD_OS that have no enumerator of ours. */
static const struct {
    uint32_t platform;
    const char *name;
} rare[] = {{0x8202, "Solaris"}, {0x8204, "PS3"}, {0x8205, "NaCl"}};

static mdw_str os_name(const mdw_sentry *s)
{
    static const char *const names[] = {
        [MDW_OS_WINDOWS] = "Windows", [MDW_OS_LINUX] = "Linux",
        [MDW_OS_ANDROID] = "Android", [MDW_OS_MACOS] = "macOS",
        [MDW_OS_IOS] = "iOS",         [MDW_OS_FUCHSIA] = "Fuchsia",
    };
    for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
        if (rare[i].platform == s->system.platform)
            return str_of(rare[i].name);
    return s->system.os < sizeof names / sizeof *names && names[s->system.os]
               ? str_of(names[s->system.os])
               : (mdw_str){NULL, 0};
}

/* On Android the kernel's version is another than the system's, which nobody
 * records there. */
static void fill_os(mdw_sentry *s)
{
    mdw_sentry_os *o = &s->os;
    bool android = s->system.os == MDW_OS_ANDROID;
    o->name = os_name(s);
    o->build = given(str_trim(s->system.os_build));
    if (android && s->system.version_is_kernel)
        o->kernel_version = given(s->system.os_version);
    else
        o->version = given(s->system.os_version);
    if (o->name.len && !o->version.len && !o->build.len) {
        o->raw_description = o->name;
        o->name = (mdw_str){NULL, 0};
    }
    s->has_os =
        o->name.len || o->raw_description.len || o->version.len || o->build.len;
}

static void fill_device(mdw_sentry *s)
{
    mdw_sentry_device *d = &s->device;
    switch (s->system.arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_X86_64:
    case MDW_ARCH_ARM:
    case MDW_ARCH_ARM64:
    case MDW_ARCH_PPC:
    case MDW_ARCH_PPC64:
    case MDW_ARCH_MIPS:
    case MDW_ARCH_MIPS64:
        d->arch = str_of(mdw_arch_name(s->system.arch));
        break;
    default: /* also those that the servers have no name for */
        d->arch = STR("unknown");
    }
    s->has_device = true;
    if (is_compat(s))
        return;
    d->cpu_description = given(s->system.cpu_info);
    if (s->system.cpu_count)
        d->processor_count = number(s->system.cpu_count);
}

mdw_status build_contexts(mdw_sentry *s)
{
    fill_os(s);
    fill_device(s);
    return data_contexts(s);
}

mdw_status build_rest(mdw_sentry *s)
{
    uint32_t count = 0;
    mdw_member *contexts =
        arena_take(s->store, crashpad_room(s) + 1, sizeof *contexts);
    if (!contexts)
        return MDW_E_MEMORY;
    mdw_status status = crashpad_contexts(s, contexts, &count);
    if (status != MDW_OK)
        return status;
    contexts[count].key = STR("mdwalk");
    status = findings_context(s, &contexts[count].value);
    if (status == MDW_OK)
        count++;
    else if (status != MDW_ABSENT)
        return status;
    return data_rest(s, contexts, count);
}

mdw_status mdw_sentry_os_get(const mdw_sentry *sentry, mdw_sentry_os *out)
{
    return sentry->has_os ? record_write(out, &sentry->os, sizeof sentry->os)
                          : (mdw_status)MDW_ABSENT;
}

mdw_status mdw_sentry_device_get(const mdw_sentry *sentry,
                                 mdw_sentry_device *out)
{
    return sentry->has_device
               ? record_write(out, &sentry->device, sizeof sentry->device)
               : (mdw_status)MDW_ABSENT;
}
