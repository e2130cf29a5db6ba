/* lib/symbol/path.c - nothing out of a dump steps outside the root. */
#include "lib/symbol/path.h"

#include "lib/base/str.h"
#include "lib/base/text.h"

bool part_is_safe(mdw_str name)
{
    if (!name.len || name.len > PART_MAX || str_is(name, ".") ||
        str_is(name, ".."))
        return false;
    text t = text_of(name);
    for (; t.at < t.end; t.at++) {
        unsigned char c = (unsigned char)*t.at;
        if (c < 0x20 || c == 0x7f || c == '/' || c == '\\')
            return false;
    }
    return true;
}

void path_text(path *p, mdw_str more)
{
    if (p->bad || more.len >= PATH_SIZE - p->len) {
        p->bad = true;
        return;
    }
    if (more.len)
        memcpy(p->text + p->len, more.data, more.len);
    p->len += more.len;
    p->text[p->len] = '\0';
}

void path_begin(path *p, mdw_str root)
{
    p->len = 0;
    p->bad = false;
    p->text[0] = '\0';
    while (root.len && str_ends(root, STR("/")))
        root.len--;
    path_text(p, root);
}

void path_part(path *p, mdw_str name, const char *ending)
{
    if (!part_is_safe(name)) {
        p->bad = true;
        return;
    }
    path_text(p, STR("/"));
    path_text(p, name);
    path_text(p, str_of(ending));
}

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

void path_url_part(path *p, mdw_str name, const char *ending)
{
    if (!part_is_safe(name)) {
        p->bad = true;
        return;
    }
    path_text(p, STR("/"));
    for (text t = text_of(name); t.at < t.end; t.at++) {
        unsigned char c = (unsigned char)*t.at;
        char hex[3] = {'%', "0123456789ABCDEF"[c >> 4],
                       "0123456789ABCDEF"[c & 15]};
        if (plain(*t.at))
            path_text(p, (mdw_str){t.at, 1});
        else
            path_text(p, (mdw_str){hex, sizeof hex});
    }
    path_text(p, str_of(ending));
}

void path_parts(path *p, mdw_str parts)
{
    mdw_str part;
    while (str_split(&parts, '/', &part))
        if (part.len)
            path_part(p, part, "");
}

mdw_str debug_name(const mdw_module *module)
{
    mdw_str name = str_base_name(module->debug_file);
    if (!name.len)
        name = str_base_name(module->code_file);
    return part_is_safe(name) ? name : (mdw_str){"", 0};
}

mdw_str symbol_stem(mdw_str name)
{
    mdw_str ending = str_slice(name, name.len > 4 ? name.len - 4 : 0, name.len);
    return name.len > 4 && str_equal_nocase(ending, STR(".pdb"))
               ? str_slice(name, 0, name.len - 4)
               : name;
}

bool build_id_text(const mdw_module *module, char out[ID_HEX_MAX + 1])
{
    mdw_str id = module->code_id;
    if (module->format != MDW_FORMAT_ELF || id.len < 4 || id.len % 2 ||
        id.len > ID_HEX_MAX)
        return false;
    text t = text_of(id);
    size_t at = 0;
    for (; t.at < t.end; t.at++) {
        unsigned digit = text_digit(*t.at);
        if (digit > 15)
            return false;
        out[at++] = "0123456789abcdef"[digit];
    }
    out[at] = '\0';
    return true;
}
