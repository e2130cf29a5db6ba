/* tools/sigbus.c - reading a mapping behind the end of its file is SIGBUS. */
#define _POSIX_C_SOURCE 200809L

#include "tools/sigbus.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tools/input.h"

static const char *watched;

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void on_sigbus(int number)
{
    (void)number;
    say("mdwalk: ");
    say(watched);
    say(": cut short or unreadable while it was read\n");
    _exit(STATUS_FAILED);
}

void sigbus_watch(const char *name)
{
    watched = name;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_sigbus;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, NULL);
}
