/** How often a network's answer may count in a blend: parts of a twentieth. */
export const mostVotes = 20;
