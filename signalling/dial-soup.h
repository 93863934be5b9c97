/*
 * The dialler's carrier on libsoup 3. The box's certificate is taken as it is: the PIN proof binds
 * the fingerprints, so a stranger in the middle of this connection cannot get between
 * (docs/security).
 */
#pragma once

#include "signalling/dial.h"

extern const LecCarrierClass lec_carrier_soup;
