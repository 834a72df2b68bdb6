// Fails before it has declared a test.

throw new Error('broken')
