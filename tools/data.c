/* tools/data.c - form fields as they are, and the three files that a client
 * leaves beside its dump. */
#include "tools/data.h"

#include <stdio.h>
#include <string.h>

#include "mdwalk/source.h"
#include "tools/input.h"

static bool refused(const char *word, const mdw_error *err)
{
    static const struct {
        mdw_status code;
        const char *why;
    } whys[] = {
        {MDW_E_FORMAT, "it is not what its name says, or nested too deep"},
        {MDW_E_TRUNCATED, "it is cut off"},
        {MDW_E_LIMIT, "it is too large or nested too deep"},
    };
    const char *why = mdw_status_name(err->code);
    for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
        if (whys[i].code == err->code)
            why = whys[i].why;
    (void)fprintf(stderr, "mdwalk: --data %.*s: %s (%s)\n",
                  (int)strcspn(word, "="), word, why,
                  err->what ? err->what : "data");
    return false;
}

static bool add_file(mdw_sentry_data *data, const char *word, mdw_str name,
                     const char *path)
{
    mdw_source *source = NULL;
    mdw_error err = {.code = MDW_OK};
    if (mdw_source_open(path, NULL, &source, &err) != MDW_OK) {
        complain(path, &err);
        return false;
    }
    mdw_status status =
        mdw_sentry_data_file(data, name, mdw_source_bytes(source), &err);
    mdw_source_close(source);
    return status == MDW_OK || refused(word, &err);
}

static bool is_file(mdw_str name)
{
    static const char *const names[] = {
        "__sentry-event", "__sentry-breadcrumb1", "__sentry-breadcrumb2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (name.len == strlen(names[i]) &&
            !memcmp(name.data, names[i], name.len))
            return true;
    return false;
}

static bool add(mdw_sentry_data *data, const char *word)
{
    mdw_error err = {.code = MDW_OK};
    mdw_str key = {word, strcspn(word, "=")};
    const char *value = word + key.len + 1; /* args.c has seen the '=' */
    if (is_file(key) && value[0] == '@')
        return add_file(data, word, key, value + 1);
    return mdw_sentry_data_field(data, key, (mdw_str){value, strlen(value)},
                                 &err) == MDW_OK ||
           refused(word, &err);
}

bool data_open(const args *a, mdw_sentry_data **out)
{
    mdw_error err = {.code = MDW_OK};
    *out = NULL;
    if (!a->data_count)
        return true;
    if (mdw_sentry_data_new(NULL, NULL, out, &err) != MDW_OK) {
        complain("--data", &err);
        return false;
    }
    for (int i = 0; i < a->data_count; i++)
        if (!add(*out, a->data[i])) {
            mdw_sentry_data_close(*out);
            *out = NULL;
            return false;
        }
    return true;
}
