/* tests/bench/start.c - time and memory of a whole command, from posix_spawn to
 * its end, with everything it prints thrown away.
 *
 * usage: start EMPTY MDWALK DUMP...
 * EMPTY is a program that does nothing. It is C because a child's ru_maxrss is
 * never below what its parent held when it was spawned. */
#define _DEFAULT_SOURCE /* wait4 */

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WARM_UP = 5, RUNS = 101, COMMANDS = 64, WORDS = 8 };

typedef struct command {
    char *word[WORDS]; /* NULL at the end */
    double ms[RUNS];
    long kib; /* the most of all runs */
    int exit;
} command;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double run(command *c, const posix_spawn_file_actions_t *quiet)
{
    pid_t pid;
    int status;
    struct rusage used;
    double start = now();
    if (posix_spawn(&pid, c->word[0], quiet, NULL, c->word, environ) ||
        wait4(pid, &status, 0, &used) < 0) {
        fprintf(stderr, "%s: cannot be run\n", c->word[0]);
        exit(2);
    }
    double ms = now() - start;
    if (used.ru_maxrss > c->kib)
        c->kib = used.ru_maxrss;
    c->exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ms;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(command *c)
{
    qsort(c->ms, RUNS, sizeof *c->ms, by_size);
    printf("%6.2f  %6.2f  %6.2f  %6.2f  %4d  ", c->ms[RUNS / 2], c->ms[0],
           c->ms[RUNS * 9 / 10], (double)c->kib / 1024, c->exit);
    for (size_t i = 0; c->word[i]; i++) {
        const char *name = strrchr(c->word[i], '/');
        printf("%s%s", i ? " " : "", name ? name + 1 : c->word[i]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    static command commands[COMMANDS];
    static char *formats[] = {"human", "json"};
    size_t count = 0;
    if (argc < 4 || argc > 3 + COMMANDS / 4) {
        fprintf(stderr, "usage: start EMPTY MDWALK DUMP...\n");
        return 2;
    }
    commands[count++] = (command){.word = {argv[1]}};
    commands[count++] = (command){.word = {argv[2], "--version"}};
    for (int i = 3; i < argc; i++)
        for (size_t f = 0; f < 2; f++)
            commands[count++] =
                (command){.word = {argv[2], "--format", formats[f], argv[i]}};

    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    /* In turns, so that whatever else the machine does hits all alike. */
    for (int r = -WARM_UP; r < RUNS; r++)
        for (size_t i = 0; i < count; i++) {
            double ms = run(&commands[i], &quiet);
            if (r >= 0)
                commands[i].ms[r] = ms;
        }
    posix_spawn_file_actions_destroy(&quiet);
    printf("%d runs in turns: milliseconds, most resident MiB, exit\n", RUNS);
    printf("median     min     90%%     MiB  exit\n");
    for (size_t i = 0; i < count; i++)
        print(&commands[i]);
    return 0;
}
