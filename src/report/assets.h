/* assets.h: the page's style and script: page.css and page.js, as bytes that
 * the build makes of them (cmake/assets.cmake). */
#ifndef PMPO_REPORT_ASSETS_H
#define PMPO_REPORT_ASSETS_H

#include "pmpo.h"

extern const pmpo_str pmpo_asset_css, pmpo_asset_js;

#endif
