/*
 * lectern-pac: runs one PAC file for one URL and ends. Standard input: the URL, the host, the
 * script; standard output: the answer. It limits itself before it reads a byte, for the script is a
 * stranger's and may never end.
 */
#include <pacparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_INPUT (1024 * 1024 + 4096)
#define MAX_MEMORY (256ul * 1024 * 1024)
#define CPU_S 2
#define WALL_S 5 /* names may be looked up, which takes no processor */

static int limit(int what, rlim_t most) {
    const struct rlimit both = {most, most};
    return setrlimit(what, &both);
}

static int limit_all(void) {
    alarm(WALL_S);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || limit(RLIMIT_CPU, CPU_S) != 0 ||
           limit(RLIMIT_FSIZE, 0) != 0 || limit(RLIMIT_CORE, 0) != 0 ||
           limit(RLIMIT_NOFILE, 16) != 0 || limit(RLIMIT_NPROC, 0) != 0
#ifndef LEC_SANITIZED
           || limit(RLIMIT_AS, MAX_MEMORY) != 0 /* a sanitizer's shadow has terabytes */
#endif
        ;
}

static char *cut_line(char **rest) {
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

int main(void) {
    if (limit_all())
        return 3;
    char *text = calloc(1, MAX_INPUT + 1);
    if (!text)
        return 3;
    const size_t len = fread(text, 1, MAX_INPUT, stdin);
    if (strlen(text) != len)
        return 2; /* the interpreter takes strings */
    char *rest = text;
    const char *url = cut_line(&rest);
    const char *host = url ? cut_line(&rest) : NULL;
    if (!host || !pacparser_init() || !pacparser_parse_pac_string(rest))
        return 1;
    const char *answer = pacparser_find_proxy(url, host);
    if (!answer)
        return 1;
    fputs(answer, stdout);
    fflush(stdout);
    _exit(0);
}
