/* What a browser sees at the box's address: how to join. It says nothing about the box, for anybody
 * may ask. */
#pragma once

#include "signalling/https-server.h"

void lec_join_page_serve(LecHttpsServer *server);
