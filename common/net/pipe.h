/* Two streams joined: what one sends the other gets, both ways, until both have ended. */
#pragma once

#include <gio/gio.h>

typedef struct LecPipe LecPipe;

/*
 * near: TCP; far: TCP, or TLS over it. Takes a reference to each. It runs on the thread's default
 * context, holds at most 16 KiB each way, and reads no faster than the other side takes.
 * ended: last event; error NULL: both sides have said all.
 */
LecPipe *lec_pipe_new(GSocketConnection *near, GSocketConnection *far_tcp, GIOStream *far,
                      void (*ended)(const GError *error, void *user), void *user);
void lec_pipe_free(LecPipe *self); /* cuts both; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPipe, lec_pipe_free)
