/* The error domain of links, apart from the facade so that the layers below it stand alone. */
#include "common/transport/link.h"

G_DEFINE_QUARK(lec_link_error, lec_link_error)
