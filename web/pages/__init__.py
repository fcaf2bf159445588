"""The pages: one module and one blueprint a subject, server-rendered, on the frame that `shell` fills in."""
