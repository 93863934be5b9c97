/* A virtual X display of a test's own. */
#pragma once

#include <gio/gio.h>

typedef struct TestXServer TestXServer;

/* Starts Xvfb on a free display number and points DISPLAY at it; NULL where Xvfb is not installed.
 */
TestXServer *test_xserver_start(int width, int height);
void test_xserver_free(TestXServer *self); /* ends it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestXServer, test_xserver_free)

const char *test_xserver_display(const TestXServer *self); /* ":7" */
GPid test_xserver_pid(const TestXServer *self);
