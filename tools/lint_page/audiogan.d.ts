/** What the page's scripts share: each adds to it. */
declare var audiogan: any;
/** Set by Sphinx on each of its pages. */
declare var DOCUMENTATION_OPTIONS: any;
